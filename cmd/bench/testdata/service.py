"""A trip service of somebody else's: /health and /api/trips, and nothing else."""
import http.server
import json
import os


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        pages = {"/health": {"status": "ok"}, "/api/trips": {"trips": [{"id": "1", "version": 1}], "source": "database"}}
        body = json.dumps(pages.get(self.path, {"error": "no such page"})).encode()
        self.send_response(200 if self.path in pages else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()

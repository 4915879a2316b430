# A service that takes its port and its Redis as arguments, and needs variables of its own.
import http.server
import os
import sys

port, cache = sys.argv[1].removeprefix("--listen=:"), sys.argv[2].removeprefix("--cache=")
if os.environ.get("API_TOKEN") != "hunter2-and-more" or os.environ.get("GREETING") != "good day":
    sys.exit("what is " + os.environ.get("API_TOKEN", "nothing") + "?")
if port != os.environ["PORT"] or cache != os.environ["REDIS_URL"]:
    sys.exit("the arguments are not those of the environment")


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b'{"status":"ok"}' if self.path == "/health" else b'{"trips":[{"id":"1"}],"source":"cache"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Service).serve_forever()

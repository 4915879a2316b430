"""A reverse proxy as small as can be: each request goes to the socket BACKEND; where nobody answers there, that is a 502."""
import http.client
import http.server
import os
import socket
import threading

BACKEND = os.environ["BACKEND"]
mine = threading.local()


class Backend(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(BACKEND)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "host", "content-length")}
        try:
            if not hasattr(mine, "backend"):
                mine.backend = Backend("trips", timeout=5)
            mine.backend.request(self.command, self.path, body or None, headers | {"X-Forwarded-For": self.client_address[0]})
            answer = mine.backend.getresponse()
            status, text = answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            mine.__dict__.clear()
            self.send_response(502)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        self.send_response(status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_PUT = do_POST = do

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()

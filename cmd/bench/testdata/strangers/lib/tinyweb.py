"""A web framework in small: routes, JSON, threads."""
import http.server
import json
import os
import re


class App:
    def __init__(self, protocol="HTTP/1.1"):
        self.protocol, self.routes = protocol, []

    def route(self, method, pattern):
        def add(function):
            self.routes.append((method, re.compile(pattern + "$"), function))
            return function
        return add

    def get(self, pattern):
        return self.route("GET", pattern)

    def put(self, pattern):
        return self.route("PUT", pattern)

    def call(self, method, path):
        """The status, value and headers of a request. A view gives a value, or all three."""
        for m, pattern, view in self.routes:
            found = pattern.match(path)
            if m == method and found:
                try:
                    got = view(*found.groups())
                except Exception as e:
                    return 500, {"error": f"{type(e).__name__}: {e}"}, {}
                return got if isinstance(got, tuple) else (200, got, {})
        return 404, {"error": "not found"}, {}

    def run(self, port=None, host="127.0.0.1"):
        app = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = app.protocol
            disable_nagle_algorithm = True
            wbufsize = -1  # head and body leave together

            def do(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, value, headers = app.call(self.command, self.path.partition("?")[0])
                body = b"" if value is None else json.dumps(value).encode()
                self.send_response(status)
                if value is not None:
                    self.send_header("Content-Type", "application/json")
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                for name, text in headers.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_POST = do

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

        Server((host, int(port or os.environ["PORT"])), Handler).serve_forever()

"""A Redis client library in small. It has the habits of the usual ones: a pool, errors by class, and no timeout unless asked."""
import socket
import threading
import urllib.parse


class ResponseError(Exception):
    """Redis answered with an error."""


class Connection:
    """One connection. What it meets is an OSError: ConnectionError or TimeoutError."""

    def __init__(self, url, timeout=None):
        at = urllib.parse.urlparse(url)
        self.socket = socket.create_connection((at.hostname, at.port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.replies = self.socket.makefile("rb")
        if at.password:
            self.execute("AUTH", at.password)

    def execute(self, *args):
        self.send(*args)
        return self.read()

    def send(self, *args):
        parts = [a if isinstance(a, bytes) else str(a).encode() for a in args]
        self.socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))

    def read(self):
        line = self.replies.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionResetError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise ResponseError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        if kind == b"$":
            if rest == b"-1":
                return None
            text = self.replies.read(int(rest) + 2)
            if len(text) < int(rest) + 2:
                raise ConnectionResetError("Redis closed the connection")
            return text[:-2]
        return rest

    def close(self):
        self.replies.close()
        self.socket.close()


class Redis:
    """A pool of connections that threads share. One that failed is dropped, and so are the idle ones."""

    def __init__(self, url, timeout=None):
        self.url, self.timeout, self.idle, self.lock = url, timeout, [], threading.Lock()

    def execute(self, *args):
        with self.lock:
            connection = self.idle.pop() if self.idle else None
        try:
            connection = connection or Connection(self.url, self.timeout)
            reply = connection.execute(*args)
        except OSError:
            with self.lock:
                dropped, self.idle = self.idle, []
            for c in dropped + [connection] * bool(connection):
                c.close()
            raise
        except ResponseError:
            if connection:
                self.give_back(connection)
            raise
        self.give_back(connection)
        return reply

    def give_back(self, connection):
        with self.lock:
            self.idle.append(connection)

    def get(self, key):
        return self.execute("GET", key)

    def set(self, key, value, ttl):
        return self.execute("SET", key, value, "PX", max(1, int(ttl * 1000)))

    def delete(self, *keys):
        return self.execute("DEL", *keys)

    def ping(self):
        return self.execute("PING")

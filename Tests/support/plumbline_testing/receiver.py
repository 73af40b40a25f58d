"""A small HTTP server that stands in for model endpoints and webhook receivers."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """A small HTTP server on a free port; `answer(request)` says what it replies."""

    class Request:
        def __init__(self, handler):
            self.path, self.headers, self.method = handler.path, handler.headers, handler.command
            self.body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))

        @property
        def json(self):
            return json.loads(self.body)

    def __init__(self, answer):
        self.requests, self.answer, self.lock = [], answer, threading.Lock()
        self.now, self.most = 0, 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                request = Receiver.Request(self)
                with receiver.lock:
                    receiver.requests.append(request)
                    receiver.now += 1
                    receiver.most = max(receiver.most, receiver.now)
                    number = len(receiver.requests)
                try:
                    status, headers, body, *short = receiver.answer(request, number)
                finally:
                    with receiver.lock:
                        receiver.now -= 1
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                # A promise of more than what comes breaks the answer off in the middle.
                self.send_header("Content-Length", str(len(body) + (short[0] if short else 0)))
                self.end_headers()
                self.wfile.write(body)
                if short:
                    self.close_connection = True

            do_GET = do_POST

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # A client that gives up waiting is part of the tests.

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

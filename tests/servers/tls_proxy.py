"""Ends mutual TLS before a server on loopback. Arguments: certificate, key, CA of callers, target."""

import socket
import ssl
import sys
import threading

certificate, key, client_ca, target = sys.argv[1:]
host, port = target.split(":")
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
context.load_verify_locations(client_ca)
context.verify_mode = ssl.CERT_REQUIRED
context.set_alpn_protocols(["h2"])


def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass  # Either side may go at any moment.
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(raw):
    try:
        caller = context.wrap_socket(raw, server_side=True)
        upstream = socket.create_connection((host, int(port)))
    except OSError:
        raw.close()
        return
    threading.Thread(target=copy, args=(caller, upstream), daemon=True).start()
    copy(upstream, caller)


with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    while True:
        connection, _ = server.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()

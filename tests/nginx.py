"""A real nginx on a local port, which passes a path on as docs/operations.md says."""

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from tests.bot.processes import free_port
from tests.programs import NGINX, OPENSSL, needed

OPERATIONS = Path(__file__).parents[1] / "docs" / "operations.md"

CONFIG = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/certificate.pem;
        ssl_certificate_key {folder}/key.pem;
        {location}
    }}
}}
"""


def location(root_path: str, app: str, *, stripped: bool) -> str:
    """Return the location that docs/operations.md shows, for a sub-path passed on or taken off."""
    found = re.search(r"```nginx\n(location / \{.*?\n\})", OPERATIONS.read_text("utf-8"), re.DOTALL)
    assert found
    passed = f"{app}/" if stripped else app
    block = found[1].replace("location / {", f"location {root_path}/ {{")
    return block.replace("proxy_pass http://127.0.0.1:8000;", f"proxy_pass {passed};")


@contextmanager
def nginx(folder: Path, root_path: str, app: str, *, stripped: bool) -> Iterator[str]:
    """Run nginx with a certificate of its own before the server at `app`; yield its origin."""
    program, port, config = needed(NGINX), free_port(), folder / "nginx.conf"
    curve = "ec_paramgen_curve:P-256"
    new_key = [needed(OPENSSL), "req", "-x509", "-newkey", "ec", "-pkeyopt", curve]
    files = ["-nodes", "-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(
        [*new_key, *files, "-subj", "/CN=localhost", "-days", "2"], check=True, capture_output=True
    )
    block = location(root_path, app, stripped=stripped)
    config.write_text(CONFIG.format(folder=folder, port=port, location=block))
    process = subprocess.Popen([program, "-e", str(folder / "error.log"), "-c", config])
    origin = f"https://127.0.0.1:{port}"
    try:
        for _ in range(200):
            with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port))):
                break
            assert process.poll() is None, (folder / "error.log").read_text()
            time.sleep(0.02)
        yield origin
    finally:
        process.terminate()
        process.wait()

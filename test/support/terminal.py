"""Run a command on a terminal of 24 x 80 and type into it: terminal.py SETTLE KEYS COMMAND...

KEYS is a JSON list of strings; each is typed when the screen has been quiet for SETTLE seconds after something was written in answer to the
last. Prints a JSON object: "status" (128 + number for a signal) and "chunks", what was written before each of KEYS and after the last.
"""
import fcntl, json, os, pty, select, struct, sys, termios, time

settle, keys, command = float(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
pid, master = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.execvp(command[0], command)

fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
DEADLINE = time.monotonic() + 60


def read(until_end):
    """What comes until it is quiet, or until the command is gone."""
    out = b""
    while True:
        wait = 60 if until_end or not out else settle
        ready, _, _ = select.select([master], [], [], max(0, min(wait, DEADLINE - time.monotonic())))
        if not ready:
            if out and not until_end:
                return out
            os.kill(pid, 9)
            return out + b"<timeout>"
        try:
            data = os.read(master, 65536)
        except OSError:
            data = b""
        if not data:
            return out
        out += data


chunks = []
for key in keys:
    chunks.append(read(False))
    os.write(master, key.encode())
chunks.append(read(True))
_, status = os.waitpid(pid, 0)
code = os.waitstatus_to_exitcode(status)
print(json.dumps({"status": code if code >= 0 else 128 - code, "chunks": [c.decode("latin-1") for c in chunks]}))

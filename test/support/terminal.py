"""Run a command on a terminal of 24 x 80 and type into it: terminal.py SETTLE KEYS COMMAND...

KEYS is a JSON list of [AFTER, TEXT]. TEXT is typed when what was written in answer to the last matches AFTER, a regular expression (which sees no
sequences that move the cursor) or a number of bytes, and the screen has then been quiet for SETTLE seconds. Prints a JSON object: "status" (128 + number
for a signal) and "chunks", what was written before each of KEYS and after the last.
"""
import fcntl, json, os, pty, re, select, struct, sys, termios, time

settle, keys, command = float(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
pid, master = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.execvp(command[0], command)

fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
DEADLINE = time.monotonic() + 200


def answered(out, after):
    """Whether what has to come has come; a command's end (None) is seen otherwise."""
    if after is None or not out:
        return False
    if isinstance(after, int):
        return len(out) >= after
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|[\b\r]", "", out.decode("latin-1"))
    return re.search(after, text) is not None


def read(after):
    """What comes until this has come and it is quiet, or until the command is gone."""
    out = b""
    while True:
        done = answered(out, after)
        ready, _, _ = select.select([master], [], [], max(0, min(settle if done else 200, DEADLINE - time.monotonic())))
        if not ready:
            if done:
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
for after, text in keys:
    chunks.append(read(after))
    os.write(master, text.encode())
chunks.append(read(None))
_, status = os.waitpid(pid, 0)
code = os.waitstatus_to_exitcode(status)
print(json.dumps({"status": code if code >= 0 else 128 - code, "chunks": [c.decode("latin-1") for c in chunks]}))

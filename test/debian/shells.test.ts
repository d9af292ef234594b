import { afterAll, describe, expect, test } from "vitest";
import { DebianWork, script } from "../support/debian.js";

/** Debian's shells and coreutils natively and under lift86: same output, exit status and files. */

const work = new DebianWork("work-shells");
afterAll(() => work.remove());

/** What the package coreutils has in its folders for programs. */
const COREUTILS = "[ arch b2sum base32 base64 basename basenc cat chcon chgrp chmod chown chroot cksum comm cp csplit cut date dd df dir dircolors dirname du echo \
env expand expr factor false fmt fold groups head hostid id install join link ln logname ls md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc numfmt od \
paste pathchk pinky pr printenv printf ptx pwd readlink realpath rm rmdir runcon seq sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split \
stat stdbuf stty sum sync tac tail tee test timeout touch tr true truncate tsort tty uname unexpand uniq unlink users vdir wc who whoami yes";

const sh = (text: string): string[] => ["/bin/bash", "-c", text];

describe("same output, exit status and files", () => {
  test.each<[string, string[], string?]>([
    ["bash", ["/bin/bash", "-c", script("bash.sh"), "bash"]],
    ["bash from standard input", ["/bin/bash", "-s", "x"], "echo $# $1; read -r line; this is data\necho \"got $line\"\nexit 3\n"],
    ["dash", ["/bin/dash", "-c", script("dash.sh"), "dash"]],
    ["busybox sh with jobs", ["/bin/busybox", "sh", "-c", script("jobs.sh")]],
    ["coreutils", sh(script("coreutils.sh"))],
    ["each of coreutils", sh(`for p in ${COREUTILS}; do v=$("$(type -P "$p")" --version 2>&1); echo "$p: $? \${v%%$'\\n'*}"; done`)],
  ])("%s", async (_, argv, input) => {
    const { native, guest } = await work.both(argv, input === undefined ? {} : { input });
    expect(guest).toEqual(native);
    expect(native.stdout).not.toBe("");
  });
});

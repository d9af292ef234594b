#!/bin/sh
# Build the guest of script.test.ts: needs gcc with -m32.
cd "$(dirname "$0")" || exit 1
gcc -m32 -static -nostdlib -no-pie -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-T,../../../samples/roles/roles.ld -Wl,--no-warn-rwx-segments -I ../../../samples/roles -s -o script.elf script.S

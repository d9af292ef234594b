#!/bin/sh
# Build the samples of this folder: needs gcc with -m32. Called by ../build.sh.
cd "$(dirname "$0")" || exit 1
for source in *.S; do
  gcc -m32 -static -nostdlib -no-pie -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-T,roles.ld -Wl,--no-warn-rwx-segments -s -o "${source%.S}.elf" "$source" || exit 1
done

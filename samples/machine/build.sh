#!/bin/sh
# Build the samples of this folder: needs gcc with -m32. Called by ../build.sh.
cd "$(dirname "$0")" || exit 1
flags="-m32 -static -nostdlib -no-pie -fno-pic -Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -s"
for source in hello smp timer; do
  # shellcheck disable=SC2086
  gcc $flags -O2 -march=i686 -masm=intel -std=gnu11 -Wall -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-builtin \
    -Wl,-T,../roles/roles.ld -o "$source.elf" start.S "$source.c" || exit 1
done
# shellcheck disable=SC2086
gcc $flags -Wl,-Ttext,0x7c00 -Wl,-e,_start -Wl,--oformat,binary -o boot-sector.bin boot-sector.S

#!/bin/sh
# Build the samples (they are in the repository as binaries, too): needs gcc with -m32.
cd "$(dirname "$0")" || exit 1
for name in threads signals ipc nameless terminal pidfd net net6 edges hostile writer xattr mqueue mqueue-files scheduling netlink addresses timeouts watching procfs sharing chroot interfaces shown sealing devices inotify capabilities; do
  gcc -m32 -march=i686 -mno-sse -O2 -static -nostdlib -ffreestanding -fno-pic -no-pie -fno-stack-protector -fomit-frame-pointer \
    -fno-asynchronous-unwind-tables -Wl,--build-id=none -Wl,-z,noexecstack -s -o "$name" "$name.c" || exit 1
done

#!/bin/sh
# Build the kernels' i386 programs (they are in the repository, too): needs gcc with -m32.
cd "$(dirname "$0")" || exit 1
for source in kernels/*.c; do
  name=$(basename "$source" .c)
  fp="-msse2 -mfpmath=sse"
  [ "$name" = nbody-x87 ] && fp="-mfpmath=387 -mno-sse"
  # shellcheck disable=SC2086
  gcc -m32 -march=pentium4 $fp -O2 -std=gnu11 -Wall -static -nostdlib -ffreestanding -fno-pic -no-pie -fno-stack-protector -fomit-frame-pointer \
    -fno-asynchronous-unwind-tables -fno-strict-aliasing -ffp-contract=off -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,noseparate-code -s \
    -o "guests/$name" "$source" || exit 1
done

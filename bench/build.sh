#!/bin/sh
# Build the kernels' i386 programs (guests/) and bare-metal images (metal/); they are in the repository, too. Needs gcc with -m32.
cd "$(dirname "$0")" || exit 1
mkdir -p guests metal
for source in kernels/*.c; do
  name=$(basename "$source" .c)
  fp="-msse2 -mfpmath=sse"
  [ "$name" = nbody-x87 ] && fp="-mfpmath=387 -mno-sse"
  for to in guests metal; do
    at=
    [ $to = metal ] && at="-DMETAL -Wl,-Ttext-segment=0x100000 -Wl,-z,max-page-size=4096"
    # shellcheck disable=SC2086
    gcc -m32 -march=pentium4 $fp $at -O2 -std=gnu11 -Wall -static -nostdlib -ffreestanding -fno-pic -no-pie -fno-stack-protector -fomit-frame-pointer \
      -fno-asynchronous-unwind-tables -fno-strict-aliasing -ffp-contract=off -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,noseparate-code -s \
      -o "$to/$name" "$source" || exit 1
  done
done

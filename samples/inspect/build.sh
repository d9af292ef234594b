#!/bin/sh
# Build the samples (they are in the repository as binaries, too): needs gcc with -m32. Not stripped: it is their symbols that are wanted.
cd "$(dirname "$0")" || exit 1
flags="-m32 -march=i686 -mno-sse -O2 -fno-tree-vectorize -nostdlib -ffreestanding -fno-stack-protector -fomit-frame-pointer -fno-asynchronous-unwind-tables -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,noseparate-code"
# shellcheck disable=SC2086
gcc $flags -static -fno-pic -no-pie -o primes primes.c || exit 1
# shellcheck disable=SC2086
gcc $flags -shared -fPIC -Wl,-e,work_mix -o libwork.so work.c || exit 1

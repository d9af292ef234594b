#!/bin/sh
# Build the samples for debuggers (they are in the repository as binaries, too): needs gcc with -m32. No path of this machine's in the debug information.
cd "$(dirname "$0")" || exit 1
gcc -m32 -march=i686 -O0 -gdwarf-4 "-fdebug-prefix-map=$PWD=." -gno-record-gcc-switches -static -nostdlib -ffreestanding -fno-pic -no-pie -fno-stack-protector \
  -fcf-protection=none -Wl,--build-id=none -Wl,-z,noexecstack -o steps steps.c
[ $? = 0 ] || exit 1
gcc -m32 -march=i686 -O0 -gdwarf-4 "-fdebug-prefix-map=$PWD=." -gno-record-gcc-switches -static -nostdlib -ffreestanding -fno-pic -no-pie -fno-stack-protector \
  -fcf-protection=none -fno-asynchronous-unwind-tables -mno-sse -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-T,kernel.ld -o kernel.elf kernel.c

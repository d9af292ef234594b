#!/bin/sh
# Builds the guests' images beside their sources; needs gcc with -m32 support for assembling, and binutils.
cd "$(dirname "$0")" || exit 1
for s in *.S; do
  n=${s%.S}
  gcc -m32 -c -o "$n.o" "$s" && ld -m elf_i386 -Ttext 0x8000 --oformat binary -e start -o "$n.bin" "$n.o" && rm "$n.o" || exit 1
done

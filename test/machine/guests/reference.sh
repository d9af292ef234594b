#!/bin/sh
# reference.sh NAME: what the processor of QEMU's own translator logs for a guest, as words in hexadecimal. Where it is known to differ from the
# manual, the tests say so.
cd "$(dirname "$0")" || exit 1
t=$(mktemp -d)
gcc -m32 -c -o "$t/boot.o" boot-sector.s && ld -m elf_i386 -Ttext 0x7c00 --oformat binary -e start -o "$t/boot" "$t/boot.o" || exit 1
cat "$t/boot" "$1.bin" > "$t/disk" && truncate -s 1474560 "$t/disk"
timeout 20 qemu-system-i386 -accel tcg -cpu max -m 16 -display none -no-reboot -drive file="$t/disk",format=raw,if=floppy -boot a \
  -debugcon file:"$t/log" -device isa-debug-exit,iobase=0xf4 >/dev/null 2>&1
head -c 4096 "$t/log" | od -An -v -tx4 -w4 | sed 's/^ 0*\(.\)/\1/' | tr '\n' ' '
echo
rm -r "$t"

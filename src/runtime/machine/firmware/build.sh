#!/bin/sh
# Build the machine's ROMs into rom-image.ts (which is in the repository): needs GNU as and ld for i386, and node.
cd "$(dirname "$0")" || exit 1
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
as --32 -o "$out/rom.o" rom.S || exit 1
ld -m elf_i386 -Ttext 0xf000 --oformat binary -o "$out/rom.bin" "$out/rom.o" || exit 1
as --32 -o "$out/option-rom.o" option-rom.S || exit 1
ld -m elf_i386 -Ttext 0 --oformat binary -o "$out/option-rom.bin" "$out/option-rom.o" || exit 1
node -e '
  const fs = require("node:fs"), [rom, option] = process.argv.slice(1).map((f) => fs.readFileSync(f));
  if (rom.length !== 4096 || option.length !== 1024) throw new Error("ROM sizes " + rom.length + ", " + option.length);
  // A checksum over the option ROM makes its bytes add up to 0.
  option[1023] = -option.reduce((a, b) => a + b, 0) & 255;
  const text = (name, comment, b) => `/** ${comment} */\nexport const ${name} =\n  "${b.toString("base64").match(/.{1,140}/g).join("\" +\n  \"")}";\n`;
  fs.writeFileSync("rom-image.ts", "// Made by build.sh from rom.S and option-rom.S: do not edit.\n\n" + text("ROM", "The last 4 KiB of the ROM, in base64.", rom) + "\n" + text("OPTION_ROM", "The option ROM.", option));
' "$out/rom.bin" "$out/option-rom.bin" || exit 1

import { anonymousAttributes, File, O } from "./file.js";
import type { Attributes } from "./inode.js";

/** An open file that is in no file system: eventfd and its kin. */
export abstract class AnonymousFile extends File {
  constructor(private readonly kind: string, flags: number) {
    super(O.RDWR | flags);
  }

  get path(): string {
    return `anon_inode:[${this.kind}]`;
  }

  override get dev(): number {
    return 13;
  }

  attributes(): Attributes {
    return anonymousAttributes(0o600);
  }
}

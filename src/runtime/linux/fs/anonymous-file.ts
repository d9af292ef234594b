import { File, O } from "./file.js";
import type { Attributes, Changes } from "./inode.js";
import { OwnAttributes } from "./own-attributes.js";

/** An open file that is in no file system: eventfd and its kin. */
export abstract class AnonymousFile extends File {
  private readonly own = new OwnAttributes(0o600);

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
    return this.own.get();
  }

  override change(c: Changes): void {
    this.own.change(c);
  }
}

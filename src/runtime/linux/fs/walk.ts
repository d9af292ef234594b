import { Cap, capable } from "../capabilities.js";
import type { Credentials } from "../contract.js";
import { E, fail } from "../errno.js";
import { Inode, permits, S } from "./inode.js";

/**
 * Paths. A Place is an inode with the way that led to it, so ".." and getcwd need no links back, and no path leaves the root: ".." of the root is
 * the root, symlinks are followed here and never by the host.
 */

export class Place {
  constructor(
    readonly parent: Place | null,
    readonly name: string,
    readonly inode: Inode,
  ) {}

  /** Path within the guest. */
  get path(): string {
    if (!this.parent) return "/";
    // Not by recursion: a guest makes directories as deep as it likes.
    const names: string[] = [];
    for (let p: Place = this; p.parent; p = p.parent) names.push(p.name);
    return `/${names.reverse().join("/")}`;
  }
}

/** The path of a place as those see it whose root is `root`; null: it is not below that. */
export function pathFrom(root: Place, place: Place): string | null {
  if (!root.parent) return place.path;
  const names: string[] = [];
  for (let p: Place | null = place; p; p = p.parent) {
    if (p.inode.identity === root.inode.identity) return `/${names.reverse().join("/")}`;
    names.push(p.name);
  }
  return null;
}

/** An inode that stands for another place, as /proc/self/fd/3 does; it is jumped to, not read. */
export interface MagicLink {
  jump(): Place;
}

export const isMagic = (i: Inode): i is Inode & MagicLink => "jump" in i;

/** The last step of a path, with the directory it is to be taken in. */
export interface Target {
  readonly parent: Place;
  /** "" for the root itself, ".", "..". */
  readonly name: string;
  readonly place: Place | null;
  /** The path ended with a slash: it must be a directory. */
  readonly slash: boolean;
}

const MAX_LINKS = 40, MAX_NAME = 255, MAX_PATH = 4096;

export class Mounts {
  private readonly byPath = new Map<string, Inode>();

  constructor(readonly root: Place) {}

  mount(path: string, inode: Inode): void {
    this.byPath.set(path, inode);
  }

  /** A child of a directory, or what is mounted over it. */
  child(dir: Place, name: string): Place | null {
    const up = dir.path;
    const mounted = this.byPath.size > 0 ? this.byPath.get(up === "/" ? `/${name}` : `${up}/${name}`) : undefined;
    const inode = mounted ?? dir.inode.lookup(name);
    return inode ? new Place(dir, name, inode) : null;
  }

  /** Names under a directory that are mounted there but do not exist in it. */
  mountedIn(dir: Place): string[] {
    const prefix = dir.path === "/" ? "/" : `${dir.path}/`;
    return [...this.byPath.keys()].filter((p) => p.startsWith(prefix) && !p.slice(prefix.length).includes("/")).map((p) => p.slice(prefix.length));
  }

  isMountPoint(p: Place): boolean {
    return this.byPath.has(p.path) || p.parent === null;
  }

  /** Go along a path; `follow`: also through a symlink at its end; `root`: where absolute ones begin and ".." ends, if it is not the root of all. */
  walk(from: Place, path: string, cred: Credentials, follow: boolean, root = this.root): Target {
    if (path === "") fail(E.NOENT);
    if (path.length >= MAX_PATH) fail(E.NAMETOOLONG);
    let at = path.startsWith("/") ? root : from;
    const rest = path.split("/").filter((c) => c !== "").reverse();
    let slash = path.endsWith("/");
    let target: Target = { parent: at, name: "", place: at, slash };
    let links = 0;
    while (rest.length > 0) {
      const name = rest.pop()!;
      const last = rest.length === 0;
      if (name.length > MAX_NAME) fail(E.NAMETOOLONG);
      this.checkSearch(at, cred);
      if (name === "." || name === "..") {
        if (name === ".." && at.parent && at.inode.identity !== root.inode.identity) at = at.parent;
        target = { parent: at, name: "", place: at, slash };
        continue;
      }
      const place = this.child(at, name);
      target = { parent: at, name, place, slash };
      if (!place) {
        if (!last) fail(E.NOENT);
        return target;
      }
      if ((!last || follow || slash) && place.inode.type === S.IFLNK) {
        if (++links > MAX_LINKS) fail(E.LOOP);
        if (isMagic(place.inode)) {
          at = place.inode.jump();
          target = { parent: at, name: "", place: at, slash };
          continue;
        }
        const to = place.inode.readlink();
        if (to === "") fail(E.NOENT);
        const more = to.split("/").filter((c) => c !== "");
        if (rest.reduce((n, c) => n + c.length + 1, to.length) >= MAX_PATH) fail(E.NAMETOOLONG);
        if (last && to.endsWith("/")) slash = true;
        if (to.startsWith("/")) at = root;
        target = { parent: at, name: "", place: at, slash };
        for (let i = more.length - 1; i >= 0; i--) rest.push(more[i]!);
        continue;
      }
      at = place;
    }
    if (target.slash && target.place && target.place.inode.type !== S.IFDIR) fail(E.NOTDIR);
    return target;
  }

  private checkSearch(dir: Place, cred: Credentials): void {
    if (dir.inode.type !== S.IFDIR) fail(E.NOTDIR);
    // Root searches all directories, and attributes of a host's file are a call of the host's.
    if (!capable(cred, Cap.DAC_READ_SEARCH) && !permits(dir.inode.attributes(), cred, 1)) fail(E.ACCES);
  }
}

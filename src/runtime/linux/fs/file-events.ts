import { type Inode, S } from "./inode.js";
import type { Place } from "./walk.js";

/** What happens to files, for those who watch them (inotify(7)). What other processes of the host do to a host's folder is not seen. */

export const enum Event {
  ACCESS = 1, MODIFY = 2, ATTRIB = 4, CLOSE_WRITE = 8, CLOSE_NOWRITE = 0x10, OPEN = 0x20, MOVED_FROM = 0x40, MOVED_TO = 0x80, CREATE = 0x100, DELETE = 0x200, DELETE_SELF = 0x400,
  MOVE_SELF = 0x800, ISDIR = 0x40000000,
}

/** Somebody who watches a file or directory. */
export interface Watcher {
  /** `name`: of what it happened to in the directory; "": to what is watched itself. */
  told(event: number, name: string, cookie: number): void;
  /** It is gone for good. */
  ended(): void;
}

/** By what identifies a file. Watchers hold that, so it stays the same for as long. */
const watchers = new WeakMap<object, Set<Watcher>>();
/** Directories and files that are watched; mostly none. */
let watched = 0;
let cookies = 0;

export function watch(identity: object, w: Watcher): void {
  const list = watchers.get(identity);
  if (list) list.add(w);
  else watchers.set(identity, new Set([w]));
  watched++;
}

export function unwatch(identity: object, w: Watcher): void {
  const list = watchers.get(identity);
  if (!list?.delete(w)) return;
  watched--;
  if (list.size === 0) watchers.delete(identity);
}

export const isWatched = (identity: object): boolean => watched > 0 && watchers.has(identity);

/** A number that the two events of a move have in common. */
export const newCookie = (): number => ++cookies;

function tell(identity: object, event: number, name: string, cookie: number): void {
  for (const w of [...(watchers.get(identity) ?? [])]) w.told(event, name, cookie);
}

const typed = (inode: Inode, event: number): number => (inode.type === S.IFDIR ? event | Event.ISDIR : event);

/** Something happened to a file: who watches it or its directory is told. */
export function happened(place: Place, event: number): void {
  if (watched === 0) return;
  const { parent, inode } = place, above = parent && isWatched(parent.inode.identity), own = isWatched(inode.identity);
  if (!above && !own) return;
  const what = typed(inode, event);
  if (above) tell(parent.inode.identity, what, place.name, 0);
  if (own) tell(inode.identity, what, "", 0);
}

/** To a file itself. */
export function happenedTo(inode: Inode, event: number): void {
  if (!isWatched(inode.identity)) return;
  tell(inode.identity, event & (Event.DELETE_SELF | Event.MOVE_SELF) ? event : typed(inode, event), "", 0);
}

/** To a name in a directory; `inode`: what it names or named. */
export function happenedIn(directory: Inode, name: string, inode: Inode | null, event: number, cookie = 0): void {
  if (isWatched(directory.identity)) tell(directory.identity, inode ? typed(inode, event) : event, name, cookie);
}

/** Its last name and its last descriptor are gone. */
export function vanished(identity: object): void {
  const list = watchers.get(identity);
  if (!list) return;
  tell(identity, Event.DELETE_SELF, "", 0);
  for (const w of [...list]) w.ended();
}

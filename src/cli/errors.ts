/** Something the user can put right: shown as one line, exit code 2. */
export class UsageError extends Error {}

/** A message as one line: names of files and options may hold anything. */
export function oneLine(message: string): string {
  return message.replace(/[\x00-\x1f\x7f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** What a failed call of the host's file system says, without its jargon. */
export function hostReason(e: unknown): string {
  switch ((e as NodeJS.ErrnoException).code) {
    case "ENOENT": return "no such file or directory";
    case "EACCES": case "EPERM": return "permission denied";
    case "EISDIR": return "is a directory";
    case "ENOTDIR": return "not a directory";
    case "ENAMETOOLONG": return "the name is too long";
    case "ELOOP": return "too many symbolic links";
    case "EIO": return "input/output error";
    case "ENOSPC": return "no space left on the device";
    default: return (e as Error).message;
  }
}

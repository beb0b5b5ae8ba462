import { FileType, Rights } from './abi.js';
import type { HostFile } from './host.js';

/** What can be done with a regular file. */
const regularFileRights =
  Rights.fdDatasync |
  Rights.fdRead |
  Rights.fdSeek |
  Rights.fdFdstatSetFlags |
  Rights.fdSync |
  Rights.fdTell |
  Rights.fdWrite |
  Rights.fdAdvise |
  Rights.fdAllocate |
  Rights.fdFilestatGet |
  Rights.fdFilestatSetSize |
  Rights.fdFilestatSetTimes |
  Rights.pollFdReadwrite;

/** What can be done with a directory. */
const directoryRights =
  Rights.fdFdstatSetFlags |
  Rights.fdSync |
  Rights.fdDatasync |
  Rights.fdAdvise |
  Rights.pathCreateDirectory |
  Rights.pathCreateFile |
  Rights.pathLinkSource |
  Rights.pathLinkTarget |
  Rights.pathOpen |
  Rights.fdReaddir |
  Rights.pathReadlink |
  Rights.pathRenameSource |
  Rights.pathRenameTarget |
  Rights.pathFilestatGet |
  Rights.pathFilestatSetSize |
  Rights.pathFilestatSetTimes |
  Rights.fdFilestatGet |
  Rights.fdFilestatSetTimes |
  Rights.pathSymlink |
  Rights.pathRemoveDirectory |
  Rights.pathUnlinkFile |
  Rights.pollFdReadwrite;

/** What streams have but for reading and writing. */
const streamRights = Rights.fdFdstatSetFlags | Rights.fdFilestatGet | Rights.pollFdReadwrite;

/** What changes something other than the bytes of a file that is open already. */
const modifyingRights =
  Rights.fdAllocate |
  Rights.fdFilestatSetSize |
  Rights.fdFilestatSetTimes |
  Rights.fdWrite |
  Rights.pathCreateDirectory |
  Rights.pathCreateFile |
  Rights.pathFilestatSetSize |
  Rights.pathFilestatSetTimes |
  Rights.pathLinkSource |
  Rights.pathLinkTarget |
  Rights.pathRemoveDirectory |
  Rights.pathRenameSource |
  Rights.pathRenameTarget |
  Rights.pathSymlink |
  Rights.pathUnlinkFile;

/** Every right there is. */
export const allRights = 2 ** 30 - 1;

/** For these a file must be open for writing. */
export const writingRights = Rights.fdWrite | Rights.fdAllocate | Rights.fdFilestatSetSize;

export interface RightsPair {
  readonly base: number;
  /** The most that can be asked for what is opened beneath. */
  readonly inheriting: number;
}

/** Rights of a preopened directory. */
export function preopenRights(readOnly: boolean): RightsPair {
  const inheriting = directoryRights | regularFileRights;
  if (!readOnly) return { base: directoryRights, inheriting };
  return { base: directoryRights & ~modifyingRights, inheriting: inheriting & ~modifyingRights };
}

/**
 * What a request for more rights than a read-only preopen has is forgiven: many programs ask for all of them, whatever they are
 * going to do. Those that say that a file shall be written are not among them.
 */
export const forgivenRights = modifyingRights & ~writingRights;

/** What makes sense for a file of this kind: C libraries take a character device without seek and tell for a terminal. */
export function applicableRights(file: HostFile): number {
  const { fileType } = file;
  if (fileType === FileType.directory) return directoryRights;
  if (fileType === FileType.regularFile || fileType === FileType.blockDevice) return regularFileRights;
  const position = file.isTerminal ? 0 : Rights.fdSeek | Rights.fdTell;
  return Rights.fdRead | Rights.fdWrite | position | streamRights;
}

/** Rights of a standard stream, which is for reading or writing. */
export function standardStreamRights(file: HostFile, access: 'read' | 'write'): number {
  const { fileType } = file;
  const isFile = fileType === FileType.regularFile || fileType === FileType.blockDevice;
  const other = access === 'read' ? Rights.fdWrite | writingRights : Rights.fdRead;
  const own = access === 'read' ? Rights.fdRead : Rights.fdWrite;
  return (
    own | ((isFile ? regularFileRights : applicableRights(file) & ~directoryRights) & ~other) | streamRights
  );
}

export const listenerRights = Rights.sockAccept | streamRights;

export const connectionRights = Rights.fdRead | Rights.fdWrite | Rights.sockShutdown | streamRights;

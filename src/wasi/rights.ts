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

/** Rights on streams, except reading and writing. */
const streamRights = Rights.fdFdstatSetFlags | Rights.fdFilestatGet | Rights.pollFdReadwrite;

/** Rights to change something other than the bytes of a file that is already open. */
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

/** All rights. */
export const allRights = 2 ** 30 - 1;

/** Rights that need a file to be open for writing. */
export const writingRights = Rights.fdWrite | Rights.fdAllocate | Rights.fdFilestatSetSize;

export interface RightsPair {
  readonly base: number;
  /** The most that can be requested for what is opened beneath. */
  readonly inheriting: number;
}

/** Rights of a preopened directory. */
export function preopenRights(readOnly: boolean): RightsPair {
  const inheriting = directoryRights | regularFileRights;
  if (!readOnly) return { base: directoryRights, inheriting };
  return { base: directoryRights & ~modifyingRights, inheriting: inheriting & ~modifyingRights };
}

/**
 * Rights that may be requested beneath a read-only preopen without being granted: many programs request all
 * rights, whatever they are going to do. Those that announce writing to a file are not among them.
 */
export const forgivenRights = modifyingRights & ~writingRights;

/**
 * The rights that make sense for a file of this kind: C libraries take a character device without seek and
 * tell for a terminal.
 */
export function applicableRights(file: HostFile): number {
  const { fileType } = file;
  if (fileType === FileType.directory) return directoryRights;
  if (fileType === FileType.regularFile || fileType === FileType.blockDevice) return regularFileRights;
  const position = file.isTerminal ? 0 : Rights.fdSeek | Rights.fdTell;
  return Rights.fdRead | Rights.fdWrite | position | streamRights;
}

/** Rights of a standard stream, which is either for reading or for writing. */
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

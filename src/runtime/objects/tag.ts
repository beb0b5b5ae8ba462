import { tagInstance } from '../../layout/structs.js';
import { layoutSlots } from '../../layout/widths.js';
import type { Address } from '../../native/ffi/ffi.js';
import { typeId } from '../../wasm/type-registry.js';
import { type FuncType, isRefType, type RefClass, refClass } from '../../wasm/types.js';
import { cellAt } from '../values/cells.js';
import type { Piece } from './buffer-arena.js';
import { HostResource } from './host-resource.js';
import type { Resource } from './lifetimes.js';
import type { ObjectStore } from './object-store.js';

const { offsets, size } = tagInstance;

/** Where what exceptions carry lies in slots. @internal */
export interface Payload {
  /** Number of words (4 bytes) of all of it. */
  readonly wordCount: number;
  readonly references: readonly { readonly class: RefClass; readonly word: number }[];
}

function payloadOf({ params }: FuncType): Payload {
  const { offsets, slots } = layoutSlots(params);
  const references = params.flatMap((one, param) =>
    isRefType(one) ? [{ class: refClass(one), word: offsets[param] / 4 }] : [],
  );
  return { wordCount: 2 * slots, references };
}

/** A tag: what tells exceptions of one kind from others, and says what they carry. */
export class Tag {
  /** What its exceptions carry are the parameters. There are no results. */
  readonly type: FuncType;
  /** @internal */
  readonly payload: Payload;
  /** @internal */
  readonly store: ObjectStore;
  /** @internal */
  readonly owner: Resource;
  /**
   * Canonical id of the type: that of a recursive group's member is another than that of a like type.
   * @internal
   */
  readonly typeId: number;
  /** Address of its TagInstance. @internal */
  readonly address: Address;

  /** @param piece where the TagInstance lies @internal */
  constructor(store: ObjectStore, owner: Resource, type: FuncType, id: number, piece: Piece) {
    const { address, cells, byteOffset } = piece;
    this.store = store;
    this.owner = owner;
    this.type = type;
    this.payload = payloadOf(type);
    this.typeId = id;
    this.address = address;
    cells.u32[2 * cellAt(byteOffset) + offsets.typeId / 4] = id;
  }
}

/** Makes a tag of the host. Its owner lives until `Lifetimes.release` gets it. @internal */
export function makeHostTag(store: ObjectStore, params: FuncType['params']): Tag {
  const owner = new HostResource();
  const piece = store.arena.allocate(size);
  const type = { params, results: [] };
  const tag = new Tag(store, owner, type, typeId(type), piece);
  store.hostResources.add(owner);
  owner.content = {
    free: () => {
      store.hostResources.delete(owner);
      store.arena.release(piece);
    },
  };
  return tag;
}

/** Whether exceptions of a type carry references to functions. @internal */
export function carriesFunctionReferences({ params }: FuncType): boolean {
  return params.some((param) => isRefType(param) && refClass(param) === 'func');
}

const initialCapacity = 1024;

/** Locations as in `CodeLocations`, each once. A hash table with open addressing finds them. */
export class LocationTable {
  #count = 0;
  #functions = new Uint32Array(initialCapacity);
  #wasmOffsets = new Uint32Array(initialCapacity);
  #callers = new Int32Array(initialCapacity);
  /** Locations by hash; -1 for a free place. Twice as long as the arrays above. */
  #places = new Int32Array(2 * initialCapacity).fill(-1);

  /** The index of a location; adds it if it is new. `caller` is the index of a location, or -1. */
  add(functionIndex: number, wasmOffset: number, caller: number): number {
    const mask = this.#places.length - 1;
    let place = hash(functionIndex, wasmOffset, caller) & mask;
    for (;;) {
      const known = this.#places[place];
      if (known < 0) break;
      if (
        this.#wasmOffsets[known] === wasmOffset &&
        this.#functions[known] === functionIndex &&
        this.#callers[known] === caller
      ) {
        return known;
      }
      place = (place + 1) & mask;
    }
    const location = this.#count++;
    this.#functions[location] = functionIndex;
    this.#wasmOffsets[location] = wasmOffset;
    this.#callers[location] = caller;
    this.#places[place] = location;
    if (this.#count === this.#functions.length) this.#grow();
    return location;
  }

  /** Copies of the arrays. */
  finish(): { functions: Uint32Array; wasmOffsets: Uint32Array; callers: Int32Array } {
    return {
      functions: this.#functions.slice(0, this.#count),
      wasmOffsets: this.#wasmOffsets.slice(0, this.#count),
      callers: this.#callers.slice(0, this.#count),
    };
  }

  #grow(): void {
    const capacity = 2 * this.#functions.length;
    const functions = new Uint32Array(capacity);
    const wasmOffsets = new Uint32Array(capacity);
    const callers = new Int32Array(capacity);
    functions.set(this.#functions);
    wasmOffsets.set(this.#wasmOffsets);
    callers.set(this.#callers);
    this.#functions = functions;
    this.#wasmOffsets = wasmOffsets;
    this.#callers = callers;
    const mask = 2 * capacity - 1;
    this.#places = new Int32Array(2 * capacity).fill(-1);
    for (let location = 0; location < this.#count; location++) {
      let place = hash(functions[location], wasmOffsets[location], callers[location]) & mask;
      while (this.#places[place] >= 0) place = (place + 1) & mask;
      this.#places[place] = location;
    }
  }
}

function hash(functionIndex: number, wasmOffset: number, caller: number): number {
  const mixed = Math.imul(functionIndex, 0x9e3779b1) ^ Math.imul(wasmOffset, 0x85ebca6b) ^ caller;
  const product = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  return product ^ (product >>> 13);
}

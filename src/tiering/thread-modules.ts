import { CodeRegion } from '../native/code/code-region.js';
import { Chaos } from './chaos.js';
import type { DumpRequest, ToThread } from './protocol.js';
import { ThreadModule } from './thread-module.js';

/** The modules and instances that a backend thread knows, kept up to date by the main thread's messages. */
export class ThreadModules {
  readonly #modules = new Map<number, ThreadModule>();
  readonly #chaos = new Map<ThreadModule, Chaos>();
  /** Code regions of the runtimes, by their addresses. */
  readonly #regions = new Map<number, CodeRegion>();

  [Symbol.iterator](): Iterator<ThreadModule> {
    return this.#modules.values();
  }

  /** The modules that have been read. */
  get open(): ThreadModule[] {
    return [...this.#modules.values()].filter((module) => module.isOpen);
  }

  has(module: ThreadModule): boolean {
    return this.#modules.get(module.id) === module;
  }

  /** Whether functions are to be switched at random. */
  get isChaotic(): boolean {
    return this.#chaos.size > 0;
  }

  chaosOf(module: ThreadModule): Chaos | undefined {
    return this.#chaos.get(module);
  }

  handle(message: Exclude<ToThread, DumpRequest>): void {
    switch (message.kind) {
      case 'module': {
        const { id, region, chaos } = message.module;
        const module = new ThreadModule(message.module, this.#regionOf(region));
        this.#modules.set(id, module);
        if (chaos !== undefined) this.#chaos.set(module, new Chaos(module, chaos));
        return;
      }
      case 'drop-module': {
        const module = this.#modules.get(message.module);
        if (module === undefined) return;
        this.#modules.delete(message.module);
        this.#chaos.delete(module);
        if (
          ![...this.#modules.values()].some(
            ({ shared }) => shared.region.start === module.shared.region.start,
          )
        ) {
          this.#regions.delete(module.shared.region.start);
        }
        return;
      }
      case 'loop':
        this.#modules.get(message.module)?.loops.push(message.loop);
        return;
      case 'instance':
        this.#modules.get(message.module)?.addInstance(message.address);
        return;
      case 'drop-instance':
        this.#modules.get(message.module)?.dropInstance(message.address);
        return;
    }
  }

  #regionOf(shared: ThreadModule['shared']['region']): CodeRegion {
    let region = this.#regions.get(shared.start);
    if (region === undefined) {
      region = CodeRegion.attach(shared);
      this.#regions.set(shared.start, region);
    }
    return region;
  }
}

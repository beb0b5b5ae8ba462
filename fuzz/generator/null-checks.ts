/** Instructions that ask whether a reference is null. */
import { Opcode } from '../../src/wasm/opcodes.js';
import { nonNull, type RefType, refTo } from '../../src/wasm/types.js';
import type { Body } from './body.js';
import { chooseTarget } from './control.js';
import { exact } from './shape.js';

/** A type of references that values without null can be made of. */
function randomFunctionType(body: Body): RefType {
  const { random, shape } = body;
  return refTo(shape.functionTypes[random.below(shape.functionTypes.length)]);
}

/** Branches on null or on something else, or traps. */
export function anyNullCheck(body: Body): void {
  const { random } = body;
  const type = randomFunctionType(body);
  switch (random.below(5)) {
    case 0:
      if (!random.chance(body.wild ? 60 : 15)) return;
      body.value(exact(type));
      body.emit(Opcode['ref.as_non_null']);
      body.pop(1);
      body.push(exact(nonNull(type)));
      return;
    case 1:
    case 2: {
      const target = chooseTarget(body);
      if (target === undefined || target.frame.isLoop) return;
      body.want([...target.frame.carries, exact(type)]);
      body.emit(Opcode.br_on_null, target.depth);
      body.pop(1);
      body.narrow(target.frame.carries);
      body.push(exact(nonNull(type)));
      return;
    }
    default: {
      const slot = exact(nonNull(type));
      body.enter(Opcode.block, [], [slot]);
      if (random.chance(30)) body.statements(1);
      if (!body.dead) {
        body.value(exact(type));
        body.emit(Opcode.br_on_non_null, 0);
        body.pop(1);
      }
      body.leave();
    }
  }
}

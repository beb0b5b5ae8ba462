import assert from 'node:assert/strict';
import { test } from 'node:test';
import { both, own } from './outcomes.fixture.js';
import { WebAssembly, type WebAssemblyNamespace } from './web-assembly.js';

const interfaces = ['Module', 'Instance', 'Memory', 'Table', 'Global', 'Tag'] as const;
const errors = ['CompileError', 'LinkError', 'RuntimeError'] as const;
/** What V8 has and the standard that ours follows has not, by the object that has it. */
const later: Readonly<Record<string, readonly string[]>> = {
  // Of `Exception` and `JSTag` older versions lack something: see exceptions.test.ts.
  WebAssembly: ['JSTag', 'Exception', 'Suspending', 'SuspendError', 'promising'],
  Memory: ['type'],
  'Memory.prototype': ['type', 'toFixedLengthBuffer', 'toResizableBuffer'],
};

/** What functions of V8 have that are not written in JavaScript. */
const legacy = ['arguments', 'caller'];

/** All that can be seen of an object's properties, as text. */
function properties(name: string, object: object): string[] {
  return Reflect.ownKeys(object)
    .filter((key) => ![...(later[name] ?? []), ...legacy].includes(String(key)))
    .map((key) => {
      const property = Object.getOwnPropertyDescriptor(object, key) ?? {};
      const parts = Object.entries(property).map(([attribute, value]) => {
        if (typeof value === 'function') return `${attribute}=function ${value.name}/${value.length}`;
        if (typeof value === 'object' && value !== null) return `${attribute}=object`;
        return `${attribute}=${String(value)}`;
      });
      return `${String(key)}: ${parts.sort().join(' ')}`;
    })
    .sort();
}

function objects(api: WebAssemblyNamespace): [name: string, object: object][] {
  return [
    ['WebAssembly', api],
    ...interfaces.flatMap((name): [string, object][] => [
      [name, api[name]],
      [`${name}.prototype`, api[name].prototype],
    ]),
    ...errors.flatMap((name): [string, object][] => [
      [name, api[name]],
      [`${name}.prototype`, api[name].prototype],
    ]),
  ];
}

const references = new Map(objects(own));

for (const [name, object] of objects(WebAssembly)) {
  test(`${name} has the properties that V8's has`, () => {
    const reference = references.get(name);
    assert.ok(reference !== undefined);
    assert.deepEqual(properties(name, object), properties(name, reference));
    assert.equal(Object.prototype.toString.call(object), Object.prototype.toString.call(reference));
  });
}

test('interface objects and their members are no more constructors than V8s', () => {
  const isConstructor = (value: object): boolean => {
    try {
      Reflect.construct(Object, [], value as never);
      return true;
    } catch {
      return false;
    }
  };
  for (const [, api] of both) {
    for (const name of interfaces) assert.ok(isConstructor(api[name]));
    for (const method of [api.validate, api.compile, api.Memory.prototype.grow, api.Module.exports]) {
      assert.ok(!isConstructor(method));
    }
  }
});

test('members refuse receivers of another kind', () => {
  const wrong = [undefined, null, 1, {}, [], () => {}, Object.create(WebAssembly.Memory.prototype)];
  for (const [, api] of both) {
    const memory = new api.Memory({ initial: 0 });
    const table = new api.Table({ element: 'anyfunc', initial: 1 });
    const global = new api.Global({ value: 'i32', mutable: true });
    const members: readonly [holder: object, name: string, args: unknown[], others: unknown[]][] = [
      [api.Memory.prototype, 'buffer', [], [table, global]],
      [api.Memory.prototype, 'grow', [0], [table, global]],
      [api.Table.prototype, 'length', [], [memory, global]],
      [api.Table.prototype, 'get', [0], [memory, global]],
      [api.Table.prototype, 'set', [0], [memory, global]],
      [api.Table.prototype, 'grow', [0], [memory, global]],
      [api.Global.prototype, 'value', [], [memory, table]],
      [api.Global.prototype, 'valueOf', [], [memory, table]],
      [api.Instance.prototype, 'exports', [], [memory, table]],
    ];
    for (const [holder, name, args, others] of members) {
      const { get, set, value } = Object.getOwnPropertyDescriptor(holder, name) ?? {};
      for (const receiver of [...wrong, ...others]) {
        for (const member of [get, set, value]) {
          if (member === undefined) continue;
          assert.throws(
            () => Reflect.apply(member, receiver, args.length === 0 ? [1] : args),
            TypeError,
            name,
          );
        }
      }
    }
  }
});

test('interfaces can be extended', () => {
  for (const [, api] of both) {
    class Mine extends api.Memory {
      get pages(): number {
        return this.buffer.byteLength / 65536;
      }
    }
    const memory = new Mine({ initial: 2 });
    assert.equal(memory.pages, 2);
    assert.ok(memory instanceof api.Memory && memory instanceof Mine);
    assert.throws(() => Reflect.apply(api.Memory, undefined, [{ initial: 1 }]), TypeError);
  }
});

test('error classes are as those of the language', () => {
  for (const [, api] of both) {
    for (const name of errors) {
      const cause = {};
      for (const error of [new api[name]('why', { cause }), api[name]('why', { cause })]) {
        assert.ok(error instanceof api[name] && error instanceof Error);
        assert.equal(error.message, 'why');
        assert.equal(error.cause, cause);
        assert.equal(error.name, name);
        assert.equal(String(error), `${name}: why`);
        assert.equal(Object.prototype.toString.call(error), '[object Error]');
        assert.match(error.stack ?? '', new RegExp(`^${name}: why\n    at .*interface\\.test`));
      }
      assert.ok(!Object.hasOwn(new api[name](), 'message'));
      assert.equal(Object.getPrototypeOf(api[name]), Error);
    }
  }
});

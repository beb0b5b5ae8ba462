import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostCpu, hostCpuNames } from '../native/code/cpu.js';
import { namesInFeatureString, namesOf } from '../x64/cpu-extensions.js';
import { bindLlvm } from './capi/functions.js';
import { loadLlvm } from './capi/load-library.js';
import { takeMessage } from './capi/memory.js';
import { hostTarget } from './host-target.js';
import { withoutLlvm } from './library.fixture.js';
import { targetCpu, withoutOthers } from './target-machine.js';

const skip = withoutLlvm();

test('of this processor we know the extensions that LLVM knows', { skip }, () => {
  const llvm = bindLlvm(loadLlvm().library);
  const features = takeMessage(llvm, llvm.LLVMGetHostCPUFeatures());
  const ours = hostCpuNames();
  const theirs = namesInFeatureString(features);
  assert.ok(theirs.includes('sse2'));
  const unknown = theirs.filter((name) => !ours.includes(name));
  assert.deepEqual(unknown, [], 'LLVM may use them, and we do not see them');
  const denied = features.split(',').flatMap((entry) => (entry.startsWith('-') ? [entry.slice(1)] : []));
  const wrong = denied.filter((name) => ours.includes(name));
  assert.deepEqual(wrong, [], 'LLVM says that they are missing');
  const { slowExtensions } = hostTarget;
  assert.deepEqual(
    namesInFeatureString(targetCpu(llvm, hostTarget, undefined).features),
    theirs.filter((name) => !slowExtensions.includes(name)),
  );
});

test('a chosen processor has the extensions that are named, and no others', { skip }, () => {
  const llvm = bindLlvm(loadLlvm().library);
  for (const names of [[], ['avx2', 'bmi'], namesOf(hostCpu())]) {
    const { name, features } = targetCpu(llvm, hostTarget, names);
    assert.equal(name, 'x86-64');
    assert.deepEqual(namesInFeatureString(features), names);
  }
});

test('LLVM does without the extensions that slow it down, also where they are named', { skip }, () => {
  const llvm = bindLlvm(loadLlvm().library);
  assert.equal(targetCpu(llvm, hostTarget, ['avx2', ...hostTarget.slowExtensions]).features, '+avx2');
});

test('LLVM is told not to use what we do not see', () => {
  assert.equal(withoutOthers('+sse2,-avx,+new,+bmi', ['bmi', 'sse2']), '+sse2,-avx,-new,+bmi');
});

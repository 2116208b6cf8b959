'use strict';

const { report } = require('./log.js');
const { name, state } = require('./objects.js');

const UNAVAILABLE = { state: 0 };

function failed(reference, error) {
  const { kind, namespace, name: objectName } = reference;
  const place = namespace ? `${namespace}/${objectName}` : objectName;
  report('error', `the look-up of ${kind} ${place} failed, so its state is unavailable: ${error?.message ?? error}`, error);
  return UNAVAILABLE;
}

/** Asks at once. A promise is too late. */
function askNow({ lookUp }, objects) {
  return objects.map((reference) => {
    try {
      const answer = lookUp(reference);
      if (typeof answer?.then === 'function') {
        Promise.resolve(answer).catch(() => undefined);
        throw new TypeError('an asynchronous look-up needs `await verify`');
      }
      return { reference: name(reference), state: state(answer) };
    } catch (error) {
      return { reference: name(reference), state: failed(reference, error) };
    }
  });
}

/** Asks for all objects together, for so long. */
async function ask({ lookUp, timeoutSeconds }, objects) {
  const one = async (reference) => {
    let timer;
    const late = new Promise((_, reject) => {
      const error = new Error(`no answer within ${timeoutSeconds} seconds`);
      timer = setTimeout(reject, timeoutSeconds * 1000, error);
    });
    try {
      const answer = (async () => lookUp(reference))();
      return { reference: name(reference), state: state(await Promise.race([answer, late])) };
    } catch (error) {
      return { reference: name(reference), state: failed(reference, error) };
    } finally {
      clearTimeout(timer);
    }
  };
  return Promise.all(objects.map(one));
}

module.exports = { ask, askNow };

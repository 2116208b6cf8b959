'use strict';
// Writes lib/generated.js and lib/generated.d.ts from ../abi.json, so that no number or text of the library is written twice.
//
// node generate.js            writes the files
// node generate.js --check    fails if a file is not what would be written

const { readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const abi = JSON.parse(readFileSync(path.join(__dirname, '..', 'abi.json'), 'utf8'));

/** The name in C, the name here, and how its values are written. The value 0 is left out if it stands for "none". */
const ENUMERATIONS = [
  ['boundtoken_object_kind', 'ObjectKind', pascal],
  ['boundtoken_object_state', 'ObjectState', camel],
  ['boundtoken_on_unavailable', 'OnUnavailable', camel],
  ['boundtoken_confirmed', 'Confirmed', camel],
  ['boundtoken_change', 'Change', camel],
  ['boundtoken_fast_rsa_state', 'FastRsaState', camel],
  ['boundtoken_log_level', 'LogLevel', camel],
];

function pascal(name) {
  return name.toLowerCase().replace(/(?:^|_)(.)/g, (_, letter) => letter.toUpperCase());
}

function camel(name) {
  return name.toLowerCase().replace(/_(.)/g, (_, letter) => letter.toUpperCase());
}

/** What all names begin with. */
function prefix([first, ...others]) {
  let length = first.length;
  while (!others.every((other) => other.startsWith(first.slice(0, length)))) length -= 1;
  return first.slice(0, length);
}

/** What stands in a document for the C ABI, and how JavaScript says it. */
function words(text) {
  return text
    .replaceAll(', and the callback has filled in the answer', '')
    .replaceAll('BOUNDTOKEN_BOUND_OBJECT_UNAVAILABLE', '`bound_object_unavailable`')
    .replace(/BOUNDTOKEN_CONFIRMED_([A-Z_]+)/g, (_, name) => `\`${camel(name)}\``)
    .replace(/\s+/g, ' ')
    .trim();
}

const reasons = abi.statuses.filter((status) => status.kind === 'reason');

const enumerations = ENUMERATIONS.map(([cName, name, write]) => {
  const { documentation, values } = abi.enumerations.find((found) => found.name === cName);
  const shared = prefix(values.map((value) => value.name));
  const members = values
    .map((value) => ({ ...value, cName: value.name.slice(shared.length) }))
    .filter(({ value, cName: member }) => !(value === 0 && member === 'NONE'))
    .map(({ value, cName: member, documentation: text }) => ({ value, name: write(member), text: words(text) }));
  return { name, documentation: words(documentation), members };
});

const HEAD = '// `node generate.js` writes this file from bindings/abi.json.\n';

function javascript() {
  const offsets = Object.fromEntries(
    abi.structs
      .find(({ name }) => name === 'boundtoken_record')
      .members.map(({ name, offset }) => [camel(name), offset['64']]),
  );
  const texts = reasons.map(({ number, name, description, remedy, httpStatus, stricter }) => [
    number,
    { code: name, number, description, remedy, httpStatus, isStricter: stricter },
  ]);
  const families = abi.families.map(({ name, first, last }) => ({ name, first, last }));
  const names = enumerations.map(
    ({ name, members }) =>
      `exports.${name} = ${JSON.stringify(Object.fromEntries(members.map((member) => [member.name, member.value])), null, 2)};\n`,
  );
  return [
    "'use strict';\n",
    HEAD,
    '\n/** Where the members of a record are. */\n',
    `exports.OFFSETS = ${JSON.stringify(offsets, null, 2)};\n`,
    `\nexports.FAMILIES = ${JSON.stringify(families, null, 2)};\n`,
    ...names.map((text) => `\n${text}`),
    `\nexports.REASONS = new Map(${JSON.stringify(texts, null, 2)});\n`,
  ].join('');
}

function comment(text, indent = '') {
  return `${indent}/** ${text} */\n`;
}

function declarations() {
  const types = enumerations.map(({ name, documentation, members }) => {
    const lines = members.map((member) => `${comment(member.text, '  ')}  | '${member.name}'\n`).join('');
    return `\n${comment(documentation)}export type ${name} =\n${lines.trimEnd()};\n`;
  });
  const codes = reasons.map(
    ({ name, documentation }) => `${comment(words(documentation), '  ')}  | '${name}'\n`,
  );
  return [
    HEAD,
    ...types,
    `\n${comment('Why a token was refused. The same in every language.')}export type ReasonCode =\n${codes.join('').trimEnd()};\n`,
  ].join('');
}

const files = { 'lib/generated.js': javascript(), 'lib/generated.d.ts': declarations() };
for (const [name, text] of Object.entries(files)) {
  const file = path.join(__dirname, name);
  if (process.argv[2] !== '--check') {
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${name} is stale: run \`make generate-node\``);
    process.exitCode = 1;
  }
}

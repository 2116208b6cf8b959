'use strict';

const globals = { Buffer: 'readonly', TextEncoder: 'readonly', clearTimeout: 'readonly', console: 'readonly', performance: 'readonly', process: 'readonly', setTimeout: 'readonly', setImmediate: 'readonly', AbortController: 'readonly', AbortSignal: 'readonly', structuredClone: 'readonly', fetch: 'readonly', URL: 'readonly', __dirname: 'readonly', exports: 'writable', module: 'writable', require: 'readonly' };

const rules = {
  'consistent-return': 'error',
  eqeqeq: 'error',
  'no-await-in-loop': 'off',
  'no-constant-binary-expression': 'error',
  'no-dupe-keys': 'error',
  'no-shadow': 'error',
  'no-undef': 'error',
  'no-unreachable': 'error',
  'no-unused-private-class-members': 'off',
  'no-unused-vars': 'error',
  'no-use-before-define': ['error', { functions: false, classes: false }],
  'no-var': 'error',
  'prefer-const': 'error',
};

module.exports = [
  { ignores: ['node_modules/', 'prebuilt/', 'lib/generated.js'] },
  { files: ['**/*.js'], languageOptions: { ecmaVersion: 2023, sourceType: 'commonjs', globals }, rules },
  { files: ['**/*.mjs'], languageOptions: { ecmaVersion: 2023, sourceType: 'module', globals }, rules },
];

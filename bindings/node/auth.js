'use strict';

const { callerOf, untilRevoked } = require('./lib/auth/admission.js');
const { Authenticator } = require('./lib/auth/authenticator.js');
const { express, fastify, koa, protect } = require('./lib/auth/doors.js');
const { grpcInterceptor } = require('./lib/auth/grpc.js');
const { allow } = require('./lib/auth/policy.js');
const { Refusal } = require('./lib/auth/refusal.js');

module.exports = { Authenticator, Refusal, allow, callerOf, express, fastify, grpcInterceptor, koa, protect, untilRevoked };

'use strict';

const { Admission } = require('./admission.js');
const { Authenticator } = require('./authenticator.js');
const { Refusal } = require('./refusal.js');

/** The codes of gRPC for the statuses of HTTP. */
const CODES = { 400: 'UNAUTHENTICATED', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 503: 'UNAVAILABLE' };

/** How a call is answered that does not pass. The details say no more than a challenge would. */
function answer(grpc, error) {
  const { status, description } = error instanceof Refusal ? error : { status: 500, description: 'the call could not be authenticated' };
  return { code: grpc.status[CODES[status] ?? 'INTERNAL'], details: description };
}

/** One call: its caller, who is looked at again with every message of a stream, and whom a stream does not outlive. */
class Call {
  #grpc;
  #call;
  #isStream;
  #admission;
  #isOver = false;

  constructor(grpc, call, { requestStream, responseStream }) {
    this.#grpc = grpc;
    this.#call = call;
    this.#isStream = requestStream || responseStream;
  }

  admit(admission) {
    this.#admission = admission;
    if (!this.#isStream || admission.caller === undefined) return;
    const revoked = admission.untilRevoked();
    revoked.addEventListener('abort', () => this.refuse(Refusal.rejected(revoked.reason)), { once: true });
  }

  /** Passes a message on while the caller is good. */
  message(message, pass) {
    if (this.#isOver) return;
    try {
      if (this.#isStream) this.#admission?.demandAgain();
    } catch (error) {
      this.refuse(error);
      return;
    }
    pass(message);
  }

  /** Ends the call for a refusal. */
  refuse(error) {
    if (this.#isOver) return;
    this.end();
    this.#call.sendStatus(answer(this.#grpc, error));
  }

  get isOver() {
    return this.#isOver;
  }

  end() {
    this.#isOver = true;
    this.#admission?.end();
  }
}

/**
 * An interceptor for servers of `@grpc/grpc-js`, which is given by the program, so that there is one copy of it. No message reaches the
 * method before the caller is known.
 */
function grpcInterceptor(grpc, verifier, options = {}) {
  const authenticator = new Authenticator(verifier, options);
  const { header = 'authorization', keepToken = false } = options;
  return (method, call) => {
    const one = new Call(grpc, call, method);
    return new grpc.ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, pass) {
            authenticator.authenticate(metadata.get(header).map(String)).then(
              (caller) => {
                if (!keepToken) metadata.remove(header);
                one.admit(new Admission(authenticator, caller).keepFor(metadata));
                pass(metadata);
              },
              (error) => one.refuse(error),
            );
          },
          onReceiveMessage: (message, pass) => one.message(message, pass),
          onCancel: () => one.end(),
        });
      },
      sendMessage: (message, pass) => one.message(message, pass),
      sendStatus(status, pass) {
        // A method that answers after its call was ended for a refusal is too late.
        if (one.isOver) return;
        one.end();
        pass(status);
      },
    });
  };
}

module.exports = { grpcInterceptor };

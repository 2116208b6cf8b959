'use strict';

/** A rule about texts, which must be texts: a list that is given by mistake would allow nobody. */
function demandTexts(rule, values) {
  for (const value of values) {
    if (typeof value !== 'string' || value === '') throw new TypeError(`allow.${rule} takes texts that are not empty`);
  }
}

function demandPolicies(rule, policies) {
  for (const policy of policies) {
    if (typeof policy !== 'function') throw new TypeError(`allow.${rule} takes policies`);
  }
}

function aboutTexts(name, matches) {
  return (...values) => {
    demandTexts(name, values);
    return (caller) => matches(caller, values);
  };
}

const ALL_API_GROUPS = '*';

const allow = Object.freeze({
  namespaces: aboutTexts('namespaces', (caller, names) => names.includes(caller.namespace)),
  serviceAccount: (namespace, name) => {
    demandTexts('serviceAccount', [namespace, name]);
    return (caller) => caller.namespace === namespace && caller.serviceAccount.name === name;
  },
  audiences: aboutTexts('audiences', (caller, names) => caller.matchedAudiences.some((audience) => names.includes(audience))),
  nodes: aboutTexts('nodes', (caller, names) => caller.node !== undefined && names.includes(caller.node.name)),
  issuers: aboutTexts('issuers', (caller, labels) => labels.includes(caller.issuerLabel)),
  apiGroups: aboutTexts(
    'apiGroups',
    (caller, groups) =>
      groups.length > 0 && caller.attestedApiGroups.some((group) => group === ALL_API_GROUPS || groups.includes(group)),
  ),
  confirmedLive: () => (caller) => caller.confirmed === 'live',
  anyOf: (...policies) => {
    demandPolicies('anyOf', policies);
    return (caller) => policies.some((policy) => allows(policy, caller));
  },
  /** A list that is empty by mistake must not open the door. */
  allOf: (...policies) => {
    demandPolicies('allOf', policies);
    return (caller) => policies.length > 0 && policies.every((policy) => allows(policy, caller));
  },
  not: (policy) => {
    demandPolicies('not', [policy]);
    return (caller) => !allows(policy, caller);
  },
});

/** What a policy says. A promise would count as true, for instance. */
function allows(policy, caller) {
  const allowed = policy(caller);
  if (typeof allowed !== 'boolean') throw new TypeError('a policy must return true or false');
  return allowed;
}

module.exports = { allow, allows };

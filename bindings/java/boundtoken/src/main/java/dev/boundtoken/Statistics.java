package dev.boundtoken;

/**
 * What a verifier has decided so far, and what it remembers.
 *
 * @param acceptedFirst tokens that were accepted after their signature was checked
 * @param acceptedAgain tokens that were accepted because they had been accepted before
 * @param refusedForForm tokens that were refused for their form: reasons 101 to 199
 * @param refusedForHeader tokens that were refused for their header: reasons 201 to 299
 * @param refusedForKey tokens that were refused for key or signature: reasons 301 to 399
 * @param refusedForClaims tokens that were refused for their claims: reasons 401 to 499
 * @param refusedForObjects tokens that were refused for a bound object: reasons 501 to 599
 * @param rememberedTokens tokens that the cache holds now
 * @param cacheSize about how much memory they take, in bytes
 * @param keys keys of all issuers now
 * @param fastRsaState whether this process has the fast path for RS256
 * @param fastRsaKeys keys of all issuers that it serves now
 * @param fastRsaKeysRefused in this process: keys that it does not serve because they failed their self-test
 * @param fastRsaAcceptedChecked in this process: signatures that it accepted and that the cryptography library checked again
 * @param fastRsaRefusedChecked in this process: signatures that it refused and that the cryptography library checked again
 * @param fastRsaRefusedUnchecked in this process: signatures that it refused and that were not checked again, because there
 *     were too many
 * @param fastRsaDisagreements in this process: how often the cryptography library came to another verdict, which was then
 *     used
 */
public record Statistics(
        long acceptedFirst,
        long acceptedAgain,
        long refusedForForm,
        long refusedForHeader,
        long refusedForKey,
        long refusedForClaims,
        long refusedForObjects,
        long rememberedTokens,
        long cacheSize,
        long keys,
        FastRsaState fastRsaState,
        long fastRsaKeys,
        long fastRsaKeysRefused,
        long fastRsaAcceptedChecked,
        long fastRsaRefusedChecked,
        long fastRsaRefusedUnchecked,
        long fastRsaDisagreements) {}

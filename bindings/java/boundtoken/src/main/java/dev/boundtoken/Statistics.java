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
        long keys) {}

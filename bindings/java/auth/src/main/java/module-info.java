/** Authenticates the callers of services. The modules for single frameworks are built on it. */
module dev.boundtoken.auth {
    requires transitive dev.boundtoken;

    exports dev.boundtoken.auth;
}

package dev.boundtoken.jaxrs;

import dev.boundtoken.auth.Caller;
import jakarta.ws.rs.core.SecurityContext;
import java.security.Principal;

/** The security context of a request that has a caller, who has no roles. */
record CallerContext(Caller caller, SecurityContext before) implements SecurityContext {
    @Override
    public Principal getUserPrincipal() {
        return caller;
    }

    @Override
    public boolean isUserInRole(String role) {
        return false;
    }

    @Override
    public boolean isSecure() {
        return before.isSecure();
    }

    @Override
    public String getAuthenticationScheme() {
        return "Bearer";
    }
}

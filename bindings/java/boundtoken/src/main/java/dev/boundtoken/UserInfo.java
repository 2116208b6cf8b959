package dev.boundtoken;

import java.util.List;
import java.util.Map;

/**
 * The user that a token speaks for, as {@code status.user} of a TokenReview.
 *
 * @param username {@code system:serviceaccount:NAMESPACE:NAME}
 * @param uid the uid of the service account
 * @param groups {@code system:serviceaccounts}, the group of the namespace, and {@code system:authenticated}
 * @param extra the credential id, and the pod and node that the token names, ordered by key
 */
public record UserInfo(String username, String uid, List<String> groups, Map<String, List<String>> extra) {
    /** Takes copies of the lists. */
    public UserInfo {
        groups = List.copyOf(groups);
        extra = Facts.unmodifiable(extra);
    }
}

"""What can go wrong, each with a stable code that edges may show."""

from __future__ import annotations

from typing import ClassVar


class ReferralsError(Exception):
    """The root of every error that this library raises on purpose."""

    code: ClassVar[str] = "referrals_error"


class NotFound(ReferralsError):
    """The merchant has no such thing; another merchant's thing counts as absent."""

    code = "not_found"


class LinkRevoked(ReferralsError):
    """The link is no longer shared."""

    code = "link_revoked"


class NotInReview(ReferralsError):
    """Nobody is to review the referral, or somebody has decided otherwise already."""

    code = "not_in_review"


class Conflict(ReferralsError):
    """Another row already holds what must be unique."""

    code = "conflict"


class ShopTaken(Conflict):
    """The shop domain belongs to another merchant's program."""

    code = "shop_taken"


class FriendTaken(Conflict):
    """The friend already has a qualified or completed referral at this merchant."""

    code = "friend_taken"


class CodeTaken(Conflict):
    """Another link of this merchant already has the code."""

    code = "code_taken"


class RequestReused(Conflict):
    """An earlier call of this merchant has the same request id and asked for something else."""

    code = "request_reused"


class Stale(ReferralsError):
    """Somebody else saved a newer version since this one was read."""

    code = "stale"


class Unavailable(ReferralsError):
    """A server did not answer; the same call may succeed later."""

    code = "unavailable"


class Unauthenticated(ReferralsError):
    """The token that came with the call is not accepted."""

    code = "unauthenticated"


class PermissionDenied(ReferralsError):
    """The token does not allow to act for this merchant."""

    code = "permission_denied"


class RateLimited(ReferralsError):
    """The caller, or all who act for this merchant, called more often than they may."""

    code = "rate_limited"

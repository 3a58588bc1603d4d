# Copyright (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Error responses of the gateway, HSS and IAM, each with its own body."""

from __future__ import annotations

from .settings import Settings
from .wire import Reply

# The older error body has only a numeric code and a sentence in Chinese.
_OLD_DESCRIPTIONS = {
    "0001": "参数错误",
    "0002": "解析失败",
    "0010": "拒绝访问",
    "0011": "资源不存在",
    "0013": "权限不足",
    "0014": "不允许创建配额",
    "1002": "配额不足",
}


class Refusal(Exception):
    """An error response; subclasses know its body."""

    status = 400

    def reply(self, settings: Settings, request_id: str) -> Reply:
        """The response to send."""
        raise NotImplementedError


class HssError(Refusal):
    """An error of HSS itself: HTTP 400 for nearly everything, "not found" included."""

    def __init__(self, number: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.number = number
        self.message = message
        self.status = status

    def reply(self, settings: Settings, request_id: str) -> Reply:
        if settings.old_errors:
            description = _OLD_DESCRIPTIONS.get(self.number, self.message)
            return Reply.of_json({"error_code": f"0000{self.number}", "error_description": description}, self.status)
        body = {"error_code": f"HSS.{self.number}", "error_msg": self.message, "error_description": self.message}
        return Reply.of_json(body, self.status)


class GatewayError(Refusal):
    """An error of the API gateway in front of HSS and IAM."""

    def __init__(self, status: int, number: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.number = number
        self.message = message

    def reply(self, settings: Settings, request_id: str) -> Reply:
        code = f"{settings.gateway_prefix}.{self.number}"
        return Reply.of_json({"error_msg": self.message, "error_code": code, "request_id": request_id}, self.status)


class IamError(Refusal):
    """An error of IAM, with the body that it inherited from Keystone."""

    _TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def reply(self, settings: Settings, request_id: str) -> Reply:
        title = self._TITLES.get(self.status, "Error")
        return Reply.of_json({"error": {"code": self.status, "message": self.message, "title": title}}, self.status)


def invalid(message: str) -> HssError:
    """HSS.0001: a parameter is missing or wrong."""
    return HssError("0001", f"Invalid parameter: {message}")


def not_found(cluster_id: str) -> HssError:
    """HSS.0011: there is no such cluster; HTTP 400."""
    return HssError("0011", f"The cluster {cluster_id} does not exist.")


def unauthenticated(reason: str) -> GatewayError:
    """The gateway's response to an invalid token or signature."""
    return GatewayError(401, "0301", f"Incorrect IAM authentication information: {reason}")


def access_denied(reason: str) -> GatewayError:
    """The gateway's response to valid credentials without the permission."""
    return GatewayError(403, "0306", f"Access denied: {reason}")


def not_published() -> GatewayError:
    """The gateway's response to a path of no API."""
    return GatewayError(404, "0101", "The API does not exist or has not been published in the environment")


def throttled(limit: int, unit: str = "second") -> GatewayError:
    """The gateway's response to too many requests."""
    return GatewayError(
        429,
        "0308",
        f"The throttling threshold has been reached: policy user over ratelimit,limit:{limit},time:1 {unit}",
    )


def too_large(limit: int) -> GatewayError:
    """The gateway's response to a body above its limit."""
    return GatewayError(413, "0201", f"Request entity too large: the limit is {limit} bytes")

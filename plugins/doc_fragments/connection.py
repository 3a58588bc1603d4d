# Copyright: (c) 2026, the huaweicloud.hss collection authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the connection options."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  region:
    description:
      - Region of HSS, such as V(eu-west-101) or V(cn-north-4).
      - Required, unless both O(endpoint) and O(project_id) are given.
      - If not set, the environment variable E(HW_REGION_NAME) is used, else the region of the profile that the
        credential is from.
    type: str
  endpoint:
    description:
      - Address of HSS, for private clouds and tests. It takes the place of the address that O(region) and O(cloud)
        stand for.
      - If not set, the environment variable E(HW_HSS_ENDPOINT) is used.
    type: str
  access_key:
    description:
      - Access key (AK) of a permanent or temporary credential; goes together with O(secret_key).
      - A credential is taken whole from one place. The first of these that has one is used. The options
        O(access_key), O(secret_key) and O(security_token), or O(auth_token), or O(user_name), O(password) and
        O(domain_name); the profile of O(profile) or O(shared_config_file), if one of these options is given;
        E(HW_ACCESS_KEY), E(HW_SECRET_KEY) and E(HW_SECURITY_TOKEN), or E(HW_AUTH_TOKEN), or E(HW_USER_NAME),
        E(HW_USER_PASSWORD) and E(HW_DOMAIN_NAME);
        E(HUAWEICLOUD_SDK_AK), E(HUAWEICLOUD_SDK_SK) and E(HUAWEICLOUD_SDK_SECURITY_TOKEN);
        E(CLOUD_SDK_AK) and E(CLOUD_SDK_SK); the profile of E(HW_PROFILE) or E(HW_SHARED_CONFIG_FILE), else
        the current profile of C(~/.hcloud/config.json); the section C([basic]) of C(~/.huaweicloud/credentials), or
        of the file that E(HUAWEICLOUD_SDK_CREDENTIALS_FILE) names.
      - See R(the guide, ansible_collections.huaweicloud.hss.docsite.credentials_guide).
    type: str
  secret_key:
    description: Secret key (SK) that belongs to O(access_key).
    type: str
  security_token:
    description: Security token of a temporary access key.
    type: str
  auth_token:
    description:
      - A token of IAM for the project, in place of O(access_key) and O(secret_key). It is valid for 24 hours at most.
    type: str
  user_name:
    description:
      - Name of an IAM user, in place of O(access_key) and O(secret_key); goes together with O(password) and
        O(domain_name).
      - IAM is asked for a token, once in the run of the module. The token is kept in memory alone.
    type: str
  password:
    description: Password of O(user_name).
    type: str
  domain_name:
    description: Name of the account that O(user_name) belongs to.
    type: str
  auth_url:
    description:
      - Address of IAM, with or without C(/v3). It is asked for a token if O(user_name) is given, and for the project
        if O(project_id) is not.
      - If not set, the environment variable E(HW_AUTH_URL) is used, else the address of the region's IAM.
    type: str
  project_id:
    description:
      - Id of the project in O(region). If it is not given, IAM is asked for it.
      - If not set, E(HW_PROJECT_ID) or E(HUAWEICLOUD_SDK_PROJECT_ID) is used, else the project of the profile that
        the credential is from, if O(region) is the profile's and O(project_name) is not set.
    type: str
  project_name:
    description:
      - Name of the project to ask IAM for. By default the project that is named as the region.
      - If not set, the environment variable E(HW_PROJECT_NAME) is used.
    type: str
  enterprise_project_id:
    description:
      - Id of the enterprise project. HSS takes V(0), the default enterprise project, if none is given.
      - V(all_granted_eps) stands for all that the credential may see; it is refused for registering a cluster.
      - If not set, the environment variable E(HW_ENTERPRISE_PROJECT_ID) is used.
    type: str
  cloud:
    description:
      - Domain of the cloud. The addresses are V(https://hss.REGION.CLOUD) and V(https://iam.REGION.CLOUD).
      - If not set, the environment variable E(HW_CLOUD) is used, else V(myhuaweicloud.com), and V(myhuaweicloud.eu)
        for the region V(eu-west-101).
    type: str
  profile:
    description:
      - Name of a profile of KooCLI (C(hcloud)) to take the credential from. By default its current one.
      - V(metadata) is none of KooCLI's, but the temporary key of the ECS that the module runs on, which needs an
        agency. Nothing else makes the module ask for it.
      - If not set, the environment variable E(HW_PROFILE) is used.
    type: str
  shared_config_file:
    description:
      - The file of KooCLI that holds O(profile). KooCLI must not encrypt the keys in it; see C(hcloud configure set
        --cli-auth-encrypt=false).
      - If not set, the environment variable E(HW_SHARED_CONFIG_FILE) is used, else C(~/.hcloud/config.json).
    type: path
  validate_certs:
    description:
      - Whether the TLS certificates of HSS and IAM must be trusted. Switch it off for tests only.
      - If not set, certificates are checked, unless the environment variable E(HW_INSECURE) is V(true).
    type: bool
  ca_path:
    description:
      - File with the certificates of a private CA that HSS and IAM have theirs from, or a folder of such files that
        C(openssl rehash) has prepared.
      - If not set, the environment variable E(HW_CA_PATH) is used, else E(REQUESTS_CA_BUNDLE) or E(CURL_CA_BUNDLE),
        else the certificates that come with requests. E(SSL_CERT_FILE) is not looked at.
    type: path
  timeout:
    description:
      - Seconds to wait for a connection, and then for the whole of the answer, from 1 to 3600. A server that answers
        bit by bit gets no more.
    type: int
    default: 30
  max_retries:
    description:
      - How often a request is sent again if HSS throttles, is unavailable, or cannot be reached. V(0) is one attempt.
      - The call that registers a cluster is sent again only if it surely was not carried out.
      - If not set, the environment variable E(HW_MAX_RETRIES) is used, else V(5).
    type: int
requirements:
  - requests
  - PyYAML
  - cryptography
notes:
  - Secrets never appear in output, diff or errors, at any verbosity.
  - The usual variables for proxies count, E(HTTPS_PROXY), E(HTTP_PROXY), E(ALL_PROXY) and E(NO_PROXY). A password in
    C(~/.netrc) does not.
  - The module runs where its task runs. Delegate it to C(localhost), so that the libraries and the
    credentials are needed on the control node alone.
"""

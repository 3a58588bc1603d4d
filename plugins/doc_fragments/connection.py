# Copyright (c) 2026, the huaweicloud.hss collection authors
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
      - Required unless both O(endpoint) and O(project_id) are set.
      - If not set, the environment variable E(HW_REGION_NAME) is used, or else the region of the profile from which the
        credential is taken.
    type: str
  endpoint:
    description:
      - URL of HSS, for private clouds and tests. It replaces the URL that is derived from O(region) and O(cloud).
      - If not set, the environment variable E(HW_HSS_ENDPOINT) is used.
    type: str
  access_key:
    description:
      - Access key (AK) of a permanent or temporary credential. Must be used together with O(secret_key).
      - A credential is always taken as a whole from one source. The sources are searched in the order of the following
        paragraphs, and the first one that has a credential is used.
      - First the options O(access_key), O(secret_key) and O(security_token), or O(auth_token), or O(user_name),
        O(password) and O(domain_name).
      - Then the profile that O(profile) or O(shared_config_file) selects, if one of these options is set.
      - Then the environment variables E(HW_ACCESS_KEY), E(HW_SECRET_KEY) and E(HW_SECURITY_TOKEN), or
        E(HW_AUTH_TOKEN), or E(HW_USER_NAME), E(HW_USER_PASSWORD) and E(HW_DOMAIN_NAME).
      - Then E(HUAWEICLOUD_SDK_AK), E(HUAWEICLOUD_SDK_SK) and E(HUAWEICLOUD_SDK_SECURITY_TOKEN).
      - Then E(CLOUD_SDK_AK) and E(CLOUD_SDK_SK).
      - Then the profile that E(HW_PROFILE) or E(HW_SHARED_CONFIG_FILE) selects, or else the current profile of
        C(~/.hcloud/config.json).
      - Finally the section C([basic]) of C(~/.huaweicloud/credentials), or of the file that
        E(HUAWEICLOUD_SDK_CREDENTIALS_FILE) names.
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
      - IAM token for the project, as an alternative to O(access_key) and O(secret_key). It is valid for at most 24
        hours.
    type: str
  user_name:
    description:
      - Name of an IAM user, as an alternative to O(access_key) and O(secret_key). Must be used together with
        O(password) and O(domain_name).
      - The module requests one token from IAM per run and keeps it in memory only.
    type: str
  password:
    description: Password of O(user_name).
    type: str
  domain_name:
    description: Name of the account to which O(user_name) belongs.
    type: str
  auth_url:
    description:
      - URL of IAM, with or without C(/v3). IAM is used to get a token if O(user_name) is set, and to look up the
        project if O(project_id) is not set.
      - If not set, the environment variable E(HW_AUTH_URL) is used, or else the URL of IAM in the region.
    type: str
  project_id:
    description:
      - Id of the project in O(region). If it is not known, it is looked up in IAM.
      - If not set, E(HW_PROJECT_ID) or E(HUAWEICLOUD_SDK_PROJECT_ID) is used, or else the project of the profile from
        which the credential is taken, provided that O(region) is the region of the profile and O(project_name) is not
        set.
    type: str
  project_name:
    description:
      - Name of the project to look up in IAM. By default the project that has the name of the region.
      - If not set, the environment variable E(HW_PROJECT_NAME) is used.
    type: str
  enterprise_project_id:
    description:
      - Id of the enterprise project. If it is not given, HSS uses V(0), the default enterprise project.
      - V(all_granted_eps) stands for all enterprise projects that the credential can access. If a cluster is
        registered with it, HSS chooses the enterprise project, and a warning says so.
      - If not set, the environment variable E(HW_ENTERPRISE_PROJECT_ID) is used.
    type: str
  cloud:
    description:
      - Domain of the cloud. The URLs are V(https://hss.REGION.CLOUD) and V(https://iam.REGION.CLOUD).
      - If not set, the environment variable E(HW_CLOUD) is used, or else V(myhuaweicloud.eu) for the region
        V(eu-west-101) and V(myhuaweicloud.com) for all others.
    type: str
  profile:
    description:
      - Name of the KooCLI (C(hcloud)) profile from which the credential is taken. By default the current profile.
      - V(metadata) is not a KooCLI profile. It selects the temporary access key of the ECS on which the module runs,
        which requires an agency. The metadata service is queried only if this value is set.
      - If not set, the environment variable E(HW_PROFILE) is used.
    type: str
  shared_config_file:
    description:
      - The KooCLI configuration file that contains O(profile). The keys in it must not be encrypted; see C(hcloud
        configure set --cli-auth-encrypt=false).
      - If not set, the environment variable E(HW_SHARED_CONFIG_FILE) is used, or else C(~/.hcloud/config.json).
    type: path
  validate_certs:
    description:
      - Whether to verify the TLS certificates of HSS and IAM. Set it to V(false) for tests only.
      - If not set, certificates are verified unless the environment variable E(HW_INSECURE) is V(true).
    type: bool
  ca_path:
    description:
      - File with the certificates of the private CA that issued the certificates of HSS and IAM, or a directory of such
        files that was prepared with C(openssl rehash).
      - If not set, the environment variable E(HW_CA_PATH) is used, or else E(REQUESTS_CA_BUNDLE) or
        E(CURL_CA_BUNDLE), or else the certificates that come with requests. E(SSL_CERT_FILE) is ignored.
    type: path
  timeout:
    description:
      - Seconds to wait for a connection, and then for the complete response, from 1 to 3600. A server that sends its
        response bit by bit gets no additional time.
    type: int
    default: 30
  max_retries:
    description:
      - How often a request is repeated if HSS throttles requests, is unavailable, or cannot be reached. V(0) means a
        single attempt.
      - If the connection is refused, or the name does not resolve, the request is given up within ten seconds.
      - The request that registers a cluster is repeated only if it was certainly not carried out.
      - If not set, the environment variable E(HW_MAX_RETRIES) is used, or else V(5).
    type: int
requirements:
  - requests
  - PyYAML
  - cryptography
notes:
  - Secrets never appear in output, diffs or error messages, at any verbosity.
  - The common proxy variables E(HTTPS_PROXY), E(HTTP_PROXY), E(ALL_PROXY) and E(NO_PROXY) are used. A password in
    C(~/.netrc) is not.
  - The module runs on the host of its task. Delegate the task to C(localhost), so that the libraries and the
    credentials are needed on the control node only.
"""

    # For plugins, which run on the control node. The last note is about modules.
    PLUGIN: str = DOCUMENTATION.rpartition("  - The module runs")[0]

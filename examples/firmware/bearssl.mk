# SPDX-License-Identifier: MIT
#
# The files of BearSSL 0.6 that a registration needs: TLS 1.2 as a client, ECDHE_RSA with
# P-256, AES-128-GCM, chains signed with RSA and SHA-256 or SHA-384. The linker takes no
# more than this from all of src/, either; the list is what a project copies.
BEARSSL_FILES := \
    ssl/ssl_client ssl/ssl_engine ssl/ssl_hs_client ssl/ssl_rec_gcm ssl/prf ssl/prf_sha256 \
    x509/x509_minimal \
    rsa/rsa_pkcs1_sig_unpad \
    ec/ec_secp256r1 ec/ec_secp384r1 ec/ec_secp521r1 \
    symcipher/aes_common symcipher/aes_small_ctr symcipher/aes_small_enc \
    hash/ghash_ctmul32 hash/multihash hash/sha2big hash/sha2small \
    mac/hmac rand/hmac_drbg rand/sysrng \
    codec/ccopy codec/dec32be codec/dec64be codec/enc32be codec/enc64be

# Numbers as words of 31 bits, where the core multiplies 32 by 32 to 64 bits ...
BEARSSL_FILES_i31 := ec/ec_prime_i31 rsa/rsa_i31_pub rsa/rsa_i31_pkcs1_vrfy int/i32_div32 \
    $(addprefix int/i31_,add bitlen decmod decode encode fmont iszero modpow modpow2 montmul \
        muladd ninv31 sub tmont)

# ... and of 15 bits, where a product has 32.
BEARSSL_FILES_i15 := ec/ec_prime_i15 rsa/rsa_i15_pub rsa/rsa_i15_pkcs1_vrfy \
    $(addprefix int/i15_,add bitlen decmod decode encode fmont iszero modpow modpow2 montmul \
        muladd ninv15 sub tmont)

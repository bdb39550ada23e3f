# assets.cmake: cmake -DOUT=FILE.c -DFROM=DIR -P assets.cmake
# Writes page.css and page.js of DIR as C arrays: a literal of their length is more than C11 promises.
file(WRITE ${OUT}.new "#include \"report/assets.h\"\n")
foreach(kind css js)
  file(READ ${FROM}/page.${kind} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  file(APPEND ${OUT}.new "static const unsigned char ${kind}[] = {${bytes}0};\n"
    "const pmpo_str pmpo_asset_${kind} = {(const char *)${kind}, sizeof(${kind}) - 1};\n")
endforeach()
file(RENAME ${OUT}.new ${OUT})

# embed.cmake: files as C arrays, at build time.
#
#   cmake -DFOLDER=<folder> -DOUT=<out.c> -DHEADER=<declares the table> -P embed.cmake
#
# Each file below FOLDER becomes a row {"first folder", "path below it", bytes, length} of `template_files`, in the
# order of their names, with a row of NULLs behind them.
file(GLOB_RECURSE files RELATIVE ${FOLDER} ${FOLDER}/*)
list(SORT files)
set(arrays "")
set(rows "")
set(number 0)
foreach(path IN LISTS files)
  file(READ ${FOLDER}/${path} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(FIND ${path} "/" slash)
  string(SUBSTRING ${path} 0 ${slash} first)
  math(EXPR behind "${slash} + 1")
  string(SUBSTRING ${path} ${behind} -1 rest)
  string(APPEND arrays "static const unsigned char file_${number}[] = {${bytes}0};\n")
  string(APPEND rows "  {\"${first}\", \"${rest}\", file_${number}, sizeof file_${number} - 1},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUT} "/* Made by cmake/embed.cmake. */\n#include \"${HEADER}\"\n\n${arrays}\n"
     "const TemplateFile template_files[] = {\n${rows}  {0},\n};\n")

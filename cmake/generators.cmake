# Generated sources live in the build tree only. Grammar conflicts fail the build: lemon exits non-zero.

# re2c_target(<out.c> <file.re>): scanner source from a re2c file.
function(re2c_target out source)
  add_custom_command(
    OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${out}
    COMMAND ${RE2C_PROGRAM} -W -Werror --no-generation-date -o ${CMAKE_CURRENT_BINARY_DIR}/${out}
            ${CMAKE_CURRENT_SOURCE_DIR}/${source}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source}
    COMMENT "re2c ${source}" VERBATIM)
endfunction()

# lemon_target(<stem>): <stem>.y becomes <stem>.c and <stem>.h in the build tree.
function(lemon_target stem)
  add_custom_command(
    OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${stem}.c ${CMAKE_CURRENT_BINARY_DIR}/${stem}.h
    COMMAND ${LEMON_PROGRAM} -q -d${CMAKE_CURRENT_BINARY_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${stem}.y
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${stem}.y
    COMMENT "lemon ${stem}.y" VERBATIM)
endfunction()

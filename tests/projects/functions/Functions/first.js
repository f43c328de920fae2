function main() { this.init = function () {} }

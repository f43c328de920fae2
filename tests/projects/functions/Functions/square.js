function main(x) { return x * x; }
